"""GitHub's REST API for local repositories: authorize by the table, read or write git, answer in GitHub's shapes.

`dispatch.handle` is the way in. `operations/` has one file per family; each operation is found by the package walk
of `registry`. `present/` makes JSON values and knows no git; `gitread/` and `gitwrite/` know no JSON.
"""
