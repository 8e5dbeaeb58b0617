"""What the person who approves exports works with: the audit trail, and what it can answer."""
