"""From what a tool is for to the least permissions, each with its reason."""
