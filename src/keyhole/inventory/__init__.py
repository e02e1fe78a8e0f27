"""The libraries that repositories use, as their last scans saw them."""
