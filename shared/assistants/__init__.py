"""The two assistants: one answers the customers of a business, Aurora answers its owner.

`roster.assistant_for` is the way in; this package itself imports nothing.
"""
