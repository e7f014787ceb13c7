"""What exists and is wanted and is unknown to the engine, and how it comes to know it.

Pure, as everything below `resources`: what the clouds printed and what the engine exported come in as
JSON, what `pulumi import` reads goes out as JSON, and no cloud is asked for anything (pulumi.md 4).
"""
