"""The world, as published: files in the formats of the field, read by header and checked."""
