"""What Aurora does of its own accord: the routines, from the facts of a day to what owners read."""
