"""What to order, from whom and when: the plan, its reasons, and the classic figures beside it."""
