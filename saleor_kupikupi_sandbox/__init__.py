"""Stand-ins for both counterparts of the app, written from their manuals; they share no code with the app."""
