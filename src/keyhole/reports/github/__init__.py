"""Back to GitHub: a commit status, one comment on the pull request, alerts of code scanning."""
