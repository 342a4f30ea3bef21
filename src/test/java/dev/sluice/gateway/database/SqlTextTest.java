package dev.sluice.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTextTest {
  @Test
  void postgresTakesTheStatementAsItStands() {
    SqlText text = SqlText.of("select $2, $1, $2", Kind.POSTGRES);
    assertThat(text.sql()).isEqualTo("select $2, $1, $2");
    assertThat(text.parameters()).isEqualTo(2);
    assertThat(text.places()).isEqualTo(List.of(0, 1));
  }

  @Test
  void mysqlGetsAPlaceForEachUse() {
    SqlText text = SqlText.of("select $2, $1, $2", Kind.MYSQL);
    assertThat(text.sql()).isEqualTo("select ?, ?, ?");
    assertThat(text.parameters()).isEqualTo(2);
    assertThat(text.places()).isEqualTo(List.of(1, 0, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select '$1'",
        "select 'it''s $1'",
        "select \"$1\"",
        "select 1 -- $1",
        "select 1 /* $1 */",
        "select $$ $1 $$",
        "select $tag$ $1 $$ $tag$",
        "select E'\\'$1'",
        "select '$1",
        "select cost$, $x from t"
      })
  void whatStandsInQuotesAndCommentsIsNoPlace(String sql) {
    assertThat(SqlText.of(sql, Kind.POSTGRES).parameters()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"select '\\'$1'", "select `$1`", "select 1 # $1"})
  void theSameInMysqlsWays(String sql) {
    SqlText text = SqlText.of(sql, Kind.MYSQL);
    assertThat(text.parameters()).isZero();
    assertThat(text.sql()).isEqualTo(sql);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select 1",
        "  Select * from t where note = 'delete me'",
        "with a as (select 1) select * from a",
        "values (1)",
        "select 1 -- insert"
      })
  void whatOnlyReadsMayBeSentAgain(String sql) {
    assertThat(SqlText.of(sql, Kind.POSTGRES).traits().reads()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into t values (1)",
        "with a as (delete from t returning id) select * from a",
        "select * from t for update",
        "call f()",
        "select f() into x"
      })
  void whatMayChangeSomethingIsNot(String sql) {
    assertThat(SqlText.of(sql, Kind.POSTGRES).traits().reads()).isFalse();
  }

  @Test
  void statementsThatGiveRowsAreKnown() {
    assertThat(
            SqlText.of("insert into t values (1) returning id", Kind.POSTGRES).traits().givesRows())
        .isTrue();
    assertThat(SqlText.of("update t set a = 'returning'", Kind.POSTGRES).traits().givesRows())
        .isFalse();
  }
}
