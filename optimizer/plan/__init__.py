"""What came out: result tables and the folder that holds them."""
