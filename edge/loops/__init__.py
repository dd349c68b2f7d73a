"""The gateway's loops: each runs at its own pace and does bounded work; ports only, no libraries."""
