"""Operations with real state, one file for each part of the API."""
