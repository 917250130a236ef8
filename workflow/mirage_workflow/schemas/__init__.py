"""The columns of every table, a subject a file: an edit of one makes no other anew."""
