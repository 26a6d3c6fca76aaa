"""The instructor's tools: collect, repair, grade in a sandbox, feed back, export. Nothing is here yet."""
