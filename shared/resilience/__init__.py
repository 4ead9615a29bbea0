"""What keeps one part's trouble from becoming everybody's: circuit breakers, limits, and an ear for other bots."""
