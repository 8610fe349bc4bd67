"""What the data must look like and where it stands: contracts, reading, guard, quality, warehouse."""
