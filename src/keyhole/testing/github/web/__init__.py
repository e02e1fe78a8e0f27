"""The sandbox's own pages: plain HTML without scripts, in the places and words of GitHub's, and said to be neither."""
