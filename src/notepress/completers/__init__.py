"""Gaps -> what fills them; each module here is one source of completions."""
