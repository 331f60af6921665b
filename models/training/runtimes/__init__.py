"""The bundle's graph in other forms, and one comparison of everything that can run it.

Nothing here goes on the device, and nothing here knows a task: any bundle of kind "model"
whose graph is dense layers and one sigmoid will do.
"""
