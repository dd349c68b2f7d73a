"""Order plans of a site: made from what the cloud knows, kept, asked, changed by hand, approved."""
