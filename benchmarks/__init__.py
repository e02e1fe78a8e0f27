"""What the documents claim about speed, measured."""
