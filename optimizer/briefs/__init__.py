"""What results say, in words: lines and tables that a screen prints and a page is set from."""
