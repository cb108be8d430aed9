"""Where a block has been seen before: on this page, and at the wider scopes."""
