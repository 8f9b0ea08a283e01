"""Where gradlint meets other tools: thin modules, each over the API."""
