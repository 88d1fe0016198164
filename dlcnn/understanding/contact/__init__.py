"""The contact page: images and what several methods say of them, side by side."""
