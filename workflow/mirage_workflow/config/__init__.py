"""From files to checked experiments: layers laid over each other, unknown keys refused."""
