"""What an operator sees of the queue, and of the dead letters, from the queue's own records and the database."""
