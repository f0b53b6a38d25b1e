"""What a gate found, in each of its forms."""
