"""Programs around the project: the board of tasks and the page that is handed in."""
