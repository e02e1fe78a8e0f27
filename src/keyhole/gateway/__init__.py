"""The data plane: git and REST requests with a token in hand, decided, recorded, answered."""
