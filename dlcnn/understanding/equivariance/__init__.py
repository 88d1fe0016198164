"""What becomes of outputs when what is on the images is moved: how it is moved, and measured."""
