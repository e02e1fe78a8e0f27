"""One file per page or family of pages; `keyhole.web.registry` finds them."""
