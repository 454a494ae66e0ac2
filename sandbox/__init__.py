"""A strict local stand-in for the Telegram Bot API and the people around a bot."""
