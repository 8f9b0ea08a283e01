"""Why a gradient is missing or wrong: what was recorded, as journeys of weights for the rules to judge."""
