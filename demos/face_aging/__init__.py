"""Face aging: the person on a photo at another age."""
