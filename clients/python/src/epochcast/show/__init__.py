"""How answers are shown: in words, as cards of notebooks, and as charts."""
