"""Pages to look with: frames and arrays in, one self-contained HTML text out, no network."""
