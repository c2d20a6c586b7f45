"""Measures of the training: speed against TRL's defaults and its best documented settings, and survival of kills."""
