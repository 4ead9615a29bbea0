"""A PostgREST-compatible gateway that stands in for Supabase."""
