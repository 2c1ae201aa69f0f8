"""Rendering a .qmd to HTML, DOCX and PDF: with Quarto where it is installed, otherwise with registry packages alone."""
