"""What people typed into the larger forms, as values: parsing, checking, and what the templates show."""
