-- Every process remembers layouts; whoever changes one, by whatever way, tells all processes.

CREATE FUNCTION tell_of_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('barback_layout', coalesce(NEW.site_no, OLD.site_no)::text);
    RETURN NULL;
END $$;

CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON site FOR EACH ROW EXECUTE FUNCTION tell_of_site();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON gateway FOR EACH ROW EXECUTE FUNCTION tell_of_site();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON shelf FOR EACH ROW EXECUTE FUNCTION tell_of_site();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON scale FOR EACH ROW EXECUTE FUNCTION tell_of_site();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON slot FOR EACH ROW EXECUTE FUNCTION tell_of_site();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON product FOR EACH ROW EXECUTE FUNCTION tell_of_site();
