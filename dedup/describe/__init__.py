"""What a page says of itself: title, authors, dates and the like, from its markup, its JSON-LD and its lines."""
