"""What each project is driven through."""
