"""HTTP as a pull needs it: bounded, retried, and never a token to another origin."""
