"""The pages in the browser: thin views over the services, one file per page or family of pages in `pages/`."""
