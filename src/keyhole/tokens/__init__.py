"""Fine-grained tokens: generated and shown once, judged on every use, revoked for good."""
