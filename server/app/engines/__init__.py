"""The only room that imports speech and speaker libraries. `base` has the Protocols; doors choose among them."""
