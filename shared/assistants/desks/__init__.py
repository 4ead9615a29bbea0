"""Where assistants get things done: one module for each domain, each with the tools of that domain."""
