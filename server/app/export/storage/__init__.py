"""Where finished files go: folders, object stores and servers, through fsspec; each file whole or not there."""
