"""The watch: asks once a day whether connections are alive, and reminds of expirations, whatever happens meanwhile."""
