"""From a commit in the database to every open page: feed (LISTEN), hub (newest per element), event stream."""
