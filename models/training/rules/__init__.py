"""How rule bundles are made: a chart written down twice, and compared.

`NAME.toml` here is bundle.toml without its hashes: the chart as bands.  A module of the same
name writes the published chart down a second time, in another form and without looking at the
bands; its scores become the golden cases.  A slip in one of the two refuses the rule.
"""
